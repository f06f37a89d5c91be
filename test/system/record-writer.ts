/** The service that is backed up: it says the number of each record that it has written. usage: node record-writer.js DIRECTORY */
import { writeSync } from 'node:fs';
import { writeRecords } from './records.js';

const [, , directory = '.'] = process.argv;
await writeRecords(directory, (number) => void writeSync(1, `${number}\n`));
