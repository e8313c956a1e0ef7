// A form that an authenticator answers: the browser asks it when the form is sent, and the form goes
// on its way with the answer.
const toBytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const described = (list) => list?.map((one) => ({ ...one, id: toBytes(one.id) }));

async function create(options, signal) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  const made = await navigator.credentials.create({ publicKey, signal });
  return answer(made, {
    clientDataJSON: toText(made.response.clientDataJSON),
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get(options, signal) {
  const publicKey = {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: described(options.allowCredentials),
  };
  const given = await navigator.credentials.get({ publicKey, signal });
  const handle = given.response.userHandle;
  return answer(given, {
    clientDataJSON: toText(given.response.clientDataJSON),
    authenticatorData: toText(given.response.authenticatorData),
    signature: toText(given.response.signature),
    userHandle: handle ? toText(handle) : null,
  });
}

function answer(credential, response) {
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

const ceremonies = { create, get };
let asking = null; // the one ceremony that the browser holds: its form, the dialog around it, how to end it

// Before htmx and everybody else: the form is sent again once it is complete.
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const field = form.querySelector("[data-ceremony]");
    if (!field || field.value || event.submitter?.name === "_show") return;
    event.preventDefault();
    event.stopPropagation();
    if (asking?.form === form) return; // a double click asks once
    asking?.ending.abort();
    const mine = (asking = { form, dialog: form.closest("dialog"), ending: new AbortController() });
    const error = form.querySelector("[data-ceremony-error]");
    const waiting = form.querySelector("[data-ceremony-waiting]");
    error.hidden = true;
    waiting.hidden = false;
    try {
      if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
      const options = JSON.parse(field.dataset.options);
      const { signal } = mine.ending;
      const given = JSON.stringify(await ceremonies[field.dataset.ceremony](options, signal));
      if (signal.aborted) return;
      field.value = given;
      form.requestSubmit();
    } catch (failure) {
      if (failure.name === "AbortError") return;
      error.textContent = words(failure, error.dataset);
      error.hidden = false;
    } finally {
      waiting.hidden = true;
      if (asking === mine) asking = null;
    }
  },
  true,
);

// Who closes the dialog wants no key to be touched for it any more.
document.addEventListener(
  "close",
  (event) => {
    if (asking?.dialog === event.target) asking.ending.abort();
  },
  true,
);

function words({ name, message }, told) {
  if (name === "NotAllowedError") return told.cancelled;
  if (name === "InvalidStateError") return told.known;
  if (name === "NotSupportedError") return told.unsupported;
  return told.failed + (message || name);
}

// Whoever comes back to the page begins anew.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-ceremony]").forEach((field) => (field.value = ""));
});
