// The words of the page's language come as a script of their own before these (iamsite/console/words.py); without one
// they are English, as they stand in the sources. `makemessages -d djangojs` finds them by these functions' names.
const catalogue = window.django;

/** `text` with each %(name)s taken from `values`. */
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);

/** `text` in the language of the page. */
export function gettext(text, values = {}) {
  return filled(catalogue?.gettext(text) ?? text, values);
}

/** The form of the words that suits `count`, which fills %(count)s. */
export function ngettext(one, many, count, values = {}) {
  const text = catalogue?.ngettext(one, many, count) ?? (count === 1 ? one : many);
  return filled(text, { count, ...values });
}
