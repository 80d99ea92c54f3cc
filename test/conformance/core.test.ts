/** The core alone, without any platform: buffered, and streaming into a recording transport. */
import { coreSubject, describeConformance } from './support.ts';

describeConformance('core, buffered', coreSubject('buffered'));
describeConformance('core, streaming', coreSubject('streaming'));
