import type { FieldErrors } from "../../task-errors";
import type { Choices } from "../profile-choices";

/** What the form of a task type gets; `onChange` takes the fields that differ. */
export type FormProps<Shape> = {
  configuration: Shape;
  onChange: (change: Partial<Shape>) => void;
  errors: FieldErrors;
  choices: Choices;
  readOnly: boolean;
};
