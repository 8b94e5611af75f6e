// Starts Swagger UI. The service may be behind a prefix that it does not know:
// what stands before the page's own path is that prefix.
"use strict";
(function () {
  const settings = SETTINGS;
  const here = window.location;
  const documentURL = new URL(settings.document, here.href).href;
  const docsPath = new URL(settings.docsPath, here.origin).pathname; // escaped as here.pathname is
  const prefix = here.pathname.endsWith(docsPath) ? here.pathname.slice(0, -docsPath.length) : "";

  // behindPrefix tells Swagger UI where the API is, if the document does not.
  function behindPrefix(text) {
    const spec = JSON.parse(text);
    if (prefix === "" || spec.servers) {
      return text;
    }
    spec.servers = [{ url: prefix }];
    const schemes = (spec.components && spec.components.securitySchemes) || {};
    for (const scheme of Object.values(schemes)) {
      for (const flow of Object.values(scheme.flows || {})) {
        for (const field of ["authorizationUrl", "tokenUrl", "refreshUrl"]) {
          const url = flow[field];
          if (url && url.startsWith("/") && !url.startsWith("//")) {
            flow[field] = here.origin + prefix + url;
          }
        }
      }
    }
    return JSON.stringify(spec);
  }

  // lockOptional leaves the lock of a route open whose credentials are optional:
  // to Swagger UI, no credentials are enough, so it is closed from the start.
  function lockOptional(isAuthorized) {
    return function (state, ways) {
      return isAuthorized(ways && ways.filter((way) => way.size > 0));
    };
  }

  // withState makes the state that an authorization server's answer must have
  // one that nobody can guess (RFC 6749 section 10.12). Swagger UI's is the time.
  function withState(authPopup) {
    return function (url, pending) {
      const bytes = Array.from(window.crypto.getRandomValues(new Uint8Array(16)));
      const state = bytes.map((b) => b.toString(16).padStart(2, "0")).join("");
      const asked = url.replace("state=" + encodeURIComponent(pending.state), "state=" + state);
      pending.state = state;
      return authPopup(asked, pending);
    };
  }

  const ui = SwaggerUIBundle({
    url: documentURL,
    dom_id: "#swagger-ui",
    validatorUrl: null,
    deepLinking: true,
    showExtensions: true,
    showCommonExtensions: true,
    persistAuthorization: settings.persistAuthorization,
    oauth2RedirectUrl: new URL(settings.files + "/oauth2-redirect.html", here.href).href,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [{ statePlugins: { auth: { wrapSelectors: { isAuthorized: lockOptional }, wrapActions: { authPopup: withState } } } }],
    layout: "BaseLayout",
    responseInterceptor: function (response) {
      if (response.url === documentURL && response.ok && response.text) {
        response.text = behindPrefix(response.text);
      }
      return response;
    },
  });
  ui.initOAuth({ clientId: settings.clientId, usePkceWithAuthorizationCodeGrant: true });
  window.ui = ui;
})();
