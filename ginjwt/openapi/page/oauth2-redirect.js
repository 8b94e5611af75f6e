// Hands the answer of an authorization server (RFC 6749 section 4.1.2) to the
// page that opened this one, and closes it.
"use strict";
(function () {
  const pending = window.opener && window.opener.swaggerUIRedirectOauth2;
  if (!pending) {
    document.body.textContent = "The page that asked for authorization is gone. Close this one.";
    return;
  }
  const answer = new URLSearchParams(window.location.search || window.location.hash.slice(1));
  const auth = pending.auth;
  const fail = function (message) {
    pending.errCb({ authId: auth.name, source: "auth", level: "error", message: message });
  };
  if (answer.get("state") !== pending.state) {
    fail("The authorization server's answer has another state than the request: it is not used.");
  } else if (answer.get("code")) {
    auth.code = answer.get("code");
    delete auth.state;
    pending.callback({ auth: auth, redirectUrl: pending.redirectUrl });
  } else if (answer.get("error")) {
    const description = answer.get("error_description");
    fail(answer.get("error") + (description ? ": " + description : ""));
  } else {
    fail("The authorization server sent no code.");
  }
  window.close();
})();
