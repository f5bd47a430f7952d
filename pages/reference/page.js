// The interactive reference: Swagger UI over the document beside it. Where a local server offers its demo's credentials,
// they are filled in, so that the first try works. They stay in the page's memory.

async function demoCredentials() {
  try {
    const response = await fetch("demo-credentials.json");
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const credentials = await demoCredentials();

const reference = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // Nothing of the document leaves this machine.
  validatorUrl: null,
  onComplete: () => {
    if (credentials) {
      reference.preauthorizeApiKey("bearerToken", credentials.token);
      reference.preauthorizeApiKey("apiKey", credentials.apiKey);
      document.getElementById("credentials").textContent =
        `The credentials of a service of ${credentials.orgId}, the local demo's, are filled in.`;
    }
  },
});
