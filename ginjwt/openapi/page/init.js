// Starts Swagger UI. The service may be behind a prefix that it does not know:
// what stands before the page's own path is that prefix.
"use strict";
(function () {
  const settings = SETTINGS;
  const here = window.location;
  const documentURL = new URL(settings.document, here.href).href;
  const prefix = here.pathname.endsWith(settings.docsPath)
    ? here.pathname.slice(0, here.pathname.length - settings.docsPath.length)
    : "";

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
