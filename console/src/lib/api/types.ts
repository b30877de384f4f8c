import type { ActionOut, ScriptOut } from "./generated/types.gen";

/** The words of the console for the shapes of contracts/openapi.json. */
export type {
  ActionDetail,
  ActionOut as Action,
  ApiKey,
  ApiKeyCreated,
  Attention,
  AuditEvent,
  DeviceDetail,
  DeviceOut as Device,
  InventoryOut as Inventory,
  LogChunkOut as LogChunk,
  Me,
  Overview,
  Parameter as ScriptParameter,
  Permission,
  Role,
  ScriptDetail,
  ScriptOut as Script,
  SearchResult,
  Secret,
  Session,
  Settings,
  SetupRequest,
  SignIn,
  TimelineStep,
  TokenIn as EnrollmentTokenCreate,
  TokenMade as EnrollmentTokenCreated,
  TokenOut as EnrollmentToken,
  UseOut as TokenUse,
  User,
  VersionDetail as ScriptVersionDetail,
  VersionOut as ScriptVersion,
} from "./generated/types.gen";

export type ActionStatus = ActionOut["status"];
export type ScriptLanguage = ScriptOut["language"];
