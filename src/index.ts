/**
 * Jumpgate within a program of your own: {@link start} it from an object, watch it, reload it, stop it.
 *
 * @module jumpgate
 */
export type { Reloaded } from './app/reloaded.js';
export { ConfigError, type ConfigFault } from './config/fault.js';
export type { Channel } from './gate/channel.js';
export type { CloudReason } from './gate/explain/cloud-reason.js';
export type { Operation } from './gate/operation-name.js';
export type { Reason } from './gate/reason.js';
export type { MissedEvents } from './library/event-queue.js';
export type {
  Addresses,
  EventOptions,
  FaultEvent,
  Jumpgate,
  JumpgateEvent,
  OperationEvent,
  ReadyOptions,
  ReasonEvent,
} from './library/jumpgate.js';
export type * from './library/jumpgate-config.js';
export type { LogRecord, LogTarget } from './library/log-record.js';
export { type StartOptions, start } from './library/start.js';
export type { SearchShape } from './ops/learn/search-shape.js';
export type {
  AppState,
  CertificateState,
  CloudState,
  CloudTroubleState,
  FleetReadingState,
  FleetState,
  LagListState,
  LagState,
  State,
  UpstreamAddressState,
} from './ops/state.js';
export type { FaultRecord } from './ops/telemetry/fault-record.js';
export type { OperationRecord } from './ops/telemetry/operation-record.js';
export { version } from './version.js';
