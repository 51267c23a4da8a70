import { Command } from 'commander';
import { readUpdate } from '../engine/update/read.ts';
import { showChanges } from './diff.ts';
import { readInput } from './files.ts';
import { Output } from './output.ts';
