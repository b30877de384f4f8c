import type { ComponentType } from "react";
import type { Configuration } from "../../draft";
import { ConfigurationForm } from "./configuration-form";
import { DiskForm } from "./disk-form";
import { AgentForm, RebootForm, SoftwareForm, UnknownForm, VariableForm, WaitForm } from "./flow-forms";
import type { FormProps } from "./form-props";
import { DriversForm, ImageForm } from "./image-forms";
import { ScriptForm } from "./script-form";

type AnyForm = ComponentType<FormProps<Configuration>>;

/** The server holds a configuration to its type's schema, so each form may take it for its own shape. */
const FORMS: Record<string, unknown> = {
  disk_prep: DiskForm,
  apply_image: ImageForm,
  inject_drivers: DriversForm,
  inject_configuration: ConfigurationForm,
  install_agent: AgentForm,
  script: ScriptForm,
  software_bundle: SoftwareForm,
  reboot: RebootForm,
  wait: WaitForm,
  set_variable: VariableForm,
};

export function formOf(type: string): AnyForm {
  return (FORMS[type] ?? UnknownForm) as AnyForm;
}
