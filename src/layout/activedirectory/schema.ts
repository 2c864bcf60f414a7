// The attribute types and classes that applications know from Active Directory (MS-ADA1 to MS-ADA3, MS-ADSC). Pure.
import { parseDN } from '../../ldap/dn.js';
import { ignoreCaseKey, octetKey } from '../../ldap/keys.js';
import { type AttributeType, classesOfTable, typesOfTable } from '../../ldap/schema.js';
import type { FaceSchema } from '../face.js';
import { sidFromText } from './identifiers.js';

/** As in ldap/schema-data.ts. `name` and `distinguishedName` have no subtypes in Active Directory: they say one thing each. */
const TYPES = typesOfTable(`
1.2.840.113556.1.4.1|name||ci|s
2.5.4.49|distinguishedName||dn|s
1.2.840.113556.1.4.221|sAMAccountName||ci|s
1.2.840.113556.1.4.656|userPrincipalName||ci|s
1.2.840.113556.1.4.2|objectGUID||octet|s
1.2.840.113556.1.4.146|objectSid||octet|s
1.2.840.113556.1.4.98|primaryGroupID||int|s
1.2.840.113556.1.4.302|sAMAccountType||int|s
1.2.840.113556.1.4.8|userAccountControl||int|s
1.2.840.113556.1.4.96|pwdLastSet||int|s
1.2.840.113556.1.4.750|groupType||int|s
1.2.840.113556.1.4.782|objectCategory||dn|s
1.2.840.113556.1.2.2|whenCreated||time|s
1.2.840.113556.1.2.3|whenChanged||time|s
1.2.840.113556.1.2.1|instanceType||int|s
1.2.840.113556.1.4.1208|aNR||ci|s
1.2.840.113556.1.2.16|nCName||dn|s
1.2.840.113556.1.4.87|nETBIOSName||ci|s
1.2.840.113556.1.4.28|dnsRoot||ci|
1.2.840.113556.1.4.375|systemFlags||int|s
1.2.840.113556.1.4.1459|msDS-Behavior-Version||int|s
1.2.840.113556.1.4.618|wellKnownObjects||ci|
2.25.1306118234.20|defaultNamingContext||dn|sd
2.25.1306118234.21|rootDomainNamingContext||dn|sd
2.25.1306118234.22|configurationNamingContext||dn|sd
2.25.1306118234.23|schemaNamingContext||dn|sd
2.25.1306118234.24|supportedCapabilities||oidNone|d
2.25.1306118234.25|dnsHostName||ci|sd
2.25.1306118234.26|serverName||dn|sd
2.25.1306118234.27|ldapServiceName||ci|sd
2.25.1306118234.28|domainFunctionality||int|sd
2.25.1306118234.29|forestFunctionality||int|sd
2.25.1306118234.30|domainControllerFunctionality||int|sd
2.25.1306118234.31|isSynchronized||bool|sd
2.25.1306118234.32|isGlobalCatalogReady||bool|sd
`);

/** Classes that are people, by their names; `objectCategory` of all of them is Person. */
const PEOPLE = ['user', 'organizationalperson', 'inetorgperson', 'contact'];

/** `objectCategory` is asserted by the name of the category's class or by its DN: the name in the first RDN is the key of both. */
function categoryKey(value: Buffer): string | undefined {
  const text = ignoreCaseKey(value);
  if (text === undefined) return undefined;
  const [ava] = (text.includes('=') ? parseDN(text) : undefined)?.[0] ?? [];
  const name = (ava?.value ?? text).trim();
  return PEOPLE.includes(name) ? 'person' : name;
}

/** `objectSid` is asserted by its bytes or as text, `S-1-5-…`. */
function sidKey(value: Buffer): string | undefined {
  return octetKey(sidFromText(value.toString('latin1')) ?? value);
}

const KEYED: Readonly<Record<string, AttributeType['keyed']>> = { objectCategory: categoryKey, objectSid: sidKey };

function keyed(type: AttributeType): AttributeType {
  const own = KEYED[type.names[0]];
  return own === undefined ? type : { ...type, keyed: own };
}

/** `top` has what every entry of a domain may have, people what JumpCloud says of them as well: clients ask for what classes allow. */
const CLASSES = classesOfTable(`
2.5.6.0|top|ABSTRACT||objectClass|objectCategory,instanceType,name,distinguishedName,displayName,objectGUID,whenCreated,whenChanged,memberOf
1.2.840.113556.1.5.9|user|STRUCTURAL|organizationalPerson|objectCategory,objectSid,sAMAccountName|userPrincipalName,userAccountControl,sAMAccountType,pwdLastSet,primaryGroupID,givenName,initials,mail,uid,uidNumber,gidNumber,homeDirectory,loginShell,gecos,company,departmentNumber,employeeNumber,employeeType,manager,mobile,homePhone,pager,jpegPhoto,photo,labeledURI,o,roomNumber,preferredLanguage,userCertificate
1.2.840.113556.1.5.8|group|STRUCTURAL|top|objectCategory,objectSid,sAMAccountName,groupType|member,cn,description,mail,sAMAccountType,gidNumber,ou
1.2.840.113556.1.5.67|domainDNS|STRUCTURAL|domain||objectSid,msDS-Behavior-Version,wellKnownObjects
1.2.840.113556.1.3.23|container|STRUCTURAL|top|cn|
1.2.840.113556.1.5.12|configuration|STRUCTURAL|top|cn|
1.2.840.113556.1.3.9|dMD|STRUCTURAL|top|cn|
1.2.840.113556.1.5.7000.53|crossRefContainer|STRUCTURAL|top|cn|msDS-Behavior-Version
1.2.840.113556.1.3.11|crossRef|STRUCTURAL|top|cn,nCName,dnsRoot|nETBIOSName,systemFlags
`);

export const ACTIVE_DIRECTORY_SCHEMA: FaceSchema = { attributeTypes: TYPES.map(keyed), objectClasses: CLASSES };
