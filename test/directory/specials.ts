// A root DSE and a schema that promise nothing: for tests that look at other entries.
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { makeSubschema } from '../../src/directory/subschema.js';

export const SPECIALS = {
  rootDSE: makeRootDSE({
    namingContexts: [],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: 'test',
  }),
  subschema: makeSubschema(),
};
