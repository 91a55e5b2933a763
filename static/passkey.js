// Passkeys: shown only where the browser can do it. Everything also works by password and code.
(() => {
"use strict";
if (!window.PublicKeyCredential) return;
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const readable = (asked) => {
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  for (const key of [...(asked.allowCredentials || []), ...(asked.excludeCredentials || [])]) key.id = bytes(key.id);
  return asked;
};
const sendable = (key) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (key.response[name]) response[name] = text(key.response[name]);
  return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: {} });
};
const start = async (form) => {
  const token = new FormData();
  token.set("csrf_token", form.elements.csrf_token?.value || "");
  const answer = await fetch(form.dataset.question, { method: "POST", body: token, redirect: "error" });
  if (!answer.ok) throw new Error("refused");
  const publicKey = readable(await answer.json());
  form.elements.answer.value = sendable(await navigator.credentials[form.dataset.passkey]({ publicKey }));
  form.submit();
};
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const told = form.querySelector("[data-told]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    told.hidden = true;
    start(form).catch(() => { told.hidden = false; form.removeAttribute("aria-busy"); });
  });
}
})();
