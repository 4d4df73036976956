// Models of a page that go together: what is chosen in one is chosen in the others.
function linkModels(links) {
  const models = globalThis.workbenchModels;
  for (const { name, widgets } of links) {
    for (const from of widgets) {
      for (const to of widgets.filter((other) => other !== from)) {
        models.get(from).on(`change:${name}`, () => models.get(to).set(name, models.get(from).get(name)));
      }
    }
  }
}
