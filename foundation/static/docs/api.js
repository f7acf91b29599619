"use strict";

const reference = document.getElementById("reference");

SwaggerUIBundle({
  domNode: reference,
  url: reference.dataset.document,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  // Nothing is sent from the page: a secret key belongs in no browser.
  supportedSubmitMethods: [],
  validatorUrl: null,
});
