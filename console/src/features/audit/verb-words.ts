import { words } from "@/lib/format";

/** What reads badly when put together from its parts. */
const SENTENCES: Record<string, string> = {
  "session.signed_in": "signed in",
  "session.signed_out": "signed out",
  "session.refused": "was refused at sign-in",
  "session.code_asked": "gave the password",
  "session.code_refused": "gave a wrong code",
  "session.stepped_up": "confirmed with the password",
  "session.tenant_chosen": "changed to",
  "tenant.set_up": "set up",
  "user.password_refused": "gave a wrong password",
  "user.totp_started": "began to set up a second factor",
  "user.totp_enabled": "turned on the second factor",
  "user.totp_disabled": "turned off the second factor",
  "user.recovery_codes_renewed": "made new recovery codes",
  "user.invitation_accepted": "accepted the invitation",
  "user.sign_in_reset": "made a new sign-in link for",
  "script.body_changed": "wrote a new version of script",
  "device.key_rejected": "rejected a new key of device",
  "action.queued": "queued action",
};

const IRREGULAR: Record<string, string> = { set: "set", run: "ran", put: "put" };

/** The middle of a sentence: "Ada *approved device* BER-LT-0042". */
export function verbWords(verb: string): string {
  const sentence = SENTENCES[verb];
  if (sentence) return sentence;
  const dot = verb.indexOf(".");
  if (dot < 0) return words(verb);
  return `${past(words(verb.slice(dot + 1)))} ${words(verb.slice(0, dot))}`;
}

function past(word: string): string {
  const irregular = IRREGULAR[word];
  if (irregular) return irregular;
  if (/ed$/.test(word) || word.includes(" ")) return word;
  if (/tag$/.test(word)) return `${word}ged`;
  return word.endsWith("e") ? `${word}d` : `${word}ed`;
}
