// The place where one is stays in view, however long the navigation has become.
const navigation = document.getElementById("navigation");
const here = navigation?.querySelector("[aria-current]");
if (here && navigation.scrollHeight > navigation.clientHeight) {
  const foot = navigation.lastElementChild.offsetHeight;
  const below = here.offsetTop + 2 * here.offsetHeight + foot - navigation.clientHeight;
  if (below > 0) navigation.scrollTop = below;
}
