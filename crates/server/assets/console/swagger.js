"use strict";
// Starts Swagger UI with the description that stands beside it.
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", colour);
colour();
SwaggerUIBundle({
  url: "/console/openapi/openapi.json",
  dom_id: "#swagger-ui",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  // A watch would go on without end and show nothing; the page for watching shows it.
  supportedSubmitMethods: ["post"],
});
