// Characters that the upstream's server has no tables for: it compares them as they are, so they are compared as they are here as well.

/**
 * Ranges of code points, in hex, which Unicode gives a case, a decomposition, a composition or a combining class that OpenLDAP 2.5 does not
 * know: mostly what was added after Unicode 3.2 (RFC 3454 A.1), and some that its tables lack. Between them are code points that have none of these.
 * Measured with slapdn over all of Unicode 17; a test compares the two again.
 */
const RANGES: readonly string[] = [
  '23a-24e 350-35f 370-372 376 37f 3cf 3f7-3ff 487 4c0 4f6 4fa-4fe 510-52e 5a2 5ba 5c5-5c7 610-61a 656-65f 7eb-8ff 9fe c3c',
  'cbc d3b-d3c eba 103a 108d 10a0-10fc 135d-13f5 1715 17dd 1939-1a18 1a60 1a75-1abd 1abf-1aeb 1b34-1b35 1b44-1b73 1baa-1bab',
  '1be6 1bf2-1bf3 1c37-1ce0 1ce2-1cf4 1cf8-1dff 1e9e 1efa-1efe 2090-209c 20eb-20f0 2132 213b-213c 2150-2152 2183-2189',
  '2c00-2dff 321d-321e 3244-3250 327c-327e 32cc-32cf 32ff 3377-337a 33de-33df 33ff a640-a66f a674-a7f9 a806 a82c a8c4',
  'a8e0-a8f1 a92b-a92d a953 a9b3 a9c0 aab0-aac1 aaf6-ab69 abed d7a4-f901 fa2e-fa2f fa6b-fad9 fe10-fe19 fe24-fe2f fe47-fe48',
  '101fd-1037a 10426-107ba 10a0d 10a0f-10efb 10efd-10f85 11046-11070 1107f 110b9-110ba 11100-11102 11131-11134 11173 111c0',
  '111ca 11235-11236 112e9-112ea 1133b-1133c 11347 1134d 11366-11374 113bb 113c2 113c9 113ce-113d0 11442 11446-1145e',
  '114b9-114ba 114c2-114c3 115b8-115b9 115bf-115c0 1163f 116b6-116b7 1172b 11839-118bf 11935 1193d-1193e 11943 119e0 11a34',
  '11a47 11a99 11c3f 11d42 11d44-11d45 11d97 11f41-11f42 1611e 16129 1612f-16b36 16d67-16eb8 16ff0-16ff1 1bc9e-1ccf9',
  '1d242-1d244 1d4c1 1d60f-1d7ff 1e000-1fbf9 2f800-2fa1d',
];

const point = (hex: string) => `\\u{${hex}}`;

/** One or more such characters, as the source of a regular expression with the flag `u`. */
export const LATER_CHARACTERS = `[${RANGES.join(' ')
  .split(' ')
  .map((range) => range.split('-').map(point).join('-'))
  .join('')}]+`;
