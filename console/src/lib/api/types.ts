import type { Action, Script } from "./generated/types.gen";

/** The words of the console for the shapes of contracts/openapi.json. */
export type {
  Action,
  ActionDetail,
  ApiKey,
  ApiKeyCreated,
  Attention,
  AuditEvent,
  Device,
  EnrollmentToken,
  EnrollmentTokenCreate,
  EnrollmentTokenCreated,
  Inventory,
  LogChunk,
  Me,
  Overview,
  Parameter as ScriptParameter,
  Permission,
  Role,
  Script,
  ScriptDetail,
  ScriptVersion,
  ScriptVersionDetail,
  SearchResult,
  Secret,
  Session,
  Settings,
  SetupRequest,
  SignIn,
  TimelineEntry,
  TokenUse,
  User,
} from "./generated/types.gen";

export type ActionStatus = Action["status"];
export type ScriptLanguage = Script["language"];
