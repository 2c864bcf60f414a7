// Every recipe, in the order of their titles.
import { apache } from './apache.js';
import { freeradius } from './freeradius.js';
import { gitea } from './gitea.js';
import { gitlab } from './gitlab.js';
import { grafana } from './grafana.js';
import { jenkins } from './jenkins.js';
import { nextcloud } from './nextcloud.js';
import { nexus } from './nexus.js';
import { nginx } from './nginx.js';
import { openvpn } from './openvpn.js';
import { postgresql } from './postgresql.js';
import { proxmox } from './proxmox.js';
import { qnap } from './qnap.js';
import { rancher } from './rancher.js';
import type { Recipe } from './recipe.js';
import { snipeIt } from './snipe-it.js';
import { sonarqube } from './sonarqube.js';
import { sssd } from './sssd.js';
import { synology } from './synology.js';
import { vault } from './vault.js';
import { waykBastion } from './wayk-bastion.js';

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
].sort((a, b) => a.title.localeCompare(b.title, 'en'));
