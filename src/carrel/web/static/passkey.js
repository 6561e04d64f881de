// Passkeys need a script: only it can ask the device. Everything else on these pages works without.
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const filled = (from) => Object.fromEntries(Object.entries(from).filter(([, value]) => value !== null));

  const show = async (asked) => {
    const publicKey = { ...filled(asked), challenge: bytes(asked.challenge) };
    publicKey.allowCredentials = (asked.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const made = await navigator.credentials.get({ publicKey });
    const said = made.response;
    return {
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: {
        clientDataJSON: text(said.clientDataJSON), authenticatorData: text(said.authenticatorData),
        signature: text(said.signature), userHandle: said.userHandle ? text(said.userHandle) : null,
      },
    };
  };
  const make = async (asked) => {
    const publicKey = { ...filled(asked), challenge: bytes(asked.challenge) };
    publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
    publicKey.excludeCredentials = (asked.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    const made = await navigator.credentials.create({ publicKey });
    return {
      id: made.id, rawId: text(made.rawId), type: made.type,
      response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) },
    };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    const wrong = form.querySelector("[data-wrong]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      wrong.hidden = true;
      try {
        const asked = JSON.parse(form.dataset.asked);
        form.elements.answer.value = JSON.stringify(await (form.dataset.passkey === "make" ? make(asked) : show(asked)));
      } catch {
        wrong.hidden = false;
        return;
      }
      form.submit();
    });
  }
})();
