// Every recipe, in the order of their titles.

import { airflow } from './airflow.js';
import { apache } from './apache.js';
import { bookstack } from './bookstack.js';
import { dex } from './dex.js';
import { dovecot } from './dovecot.js';
import { fortigate } from './fortigate.js';
import { freeradius } from './freeradius.js';
import { gitea } from './gitea.js';
import { gitlab } from './gitlab.js';
import { grafana } from './grafana.js';
import { graylog } from './graylog.js';
import { guacamole } from './guacamole.js';
import { harbor } from './harbor.js';
import { jenkins } from './jenkins.js';
import { jira } from './jira.js';
import { keycloak } from './keycloak.js';
import { mediawiki } from './mediawiki.js';
import { moodle } from './moodle.js';
import { netbox } from './netbox.js';
import { nextcloud } from './nextcloud.js';
import { nexus } from './nexus.js';
import { nginx } from './nginx.js';
import { opensearch } from './opensearch.js';
import { openvpn } from './openvpn.js';
import { opnsense } from './opnsense.js';
import { portainer } from './portainer.js';
import { postgresql } from './postgresql.js';
import { proxmox } from './proxmox.js';
import { qnap } from './qnap.js';
import { rancher } from './rancher.js';
import type { Recipe } from './recipe.js';
import { redmine } from './redmine.js';
import { rocketChat } from './rocket-chat.js';
import { snipeIt } from './snipe-it.js';
import { sonarqube } from './sonarqube.js';
import { springSecurity } from './spring-security.js';
import { squid } from './squid.js';
import { sssd } from './sssd.js';
import { synology } from './synology.js';
import { vault } from './vault.js';
import { waykBastion } from './wayk-bastion.js';
import { zabbix } from './zabbix.js';

export const RECIPES: readonly Recipe[] = [
  waykBastion,
  gitlab,
  gitea,
  jenkins,
  grafana,
  nextcloud,
  nexus,
  sonarqube,
  apache,
  nginx,
  postgresql,
  freeradius,
  openvpn,
  sssd,
  synology,
  qnap,
  proxmox,
  vault,
  rancher,
  snipeIt,
  keycloak,
  harbor,
  portainer,
  guacamole,
  zabbix,
  redmine,
  mediawiki,
  moodle,
  rocketChat,
  jira,
  airflow,
  graylog,
  opensearch,
  bookstack,
  netbox,
  dex,
  dovecot,
  opnsense,
  fortigate,
  squid,
  springSecurity,
].sort((a, b) => a.title.localeCompare(b.title, 'en'));
