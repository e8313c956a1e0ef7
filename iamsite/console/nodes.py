"""Template tags for what a page draws by the hundred, each found once and not at every row."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, Variable
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.translation import get_language

ADDRESSES = 4096  # that a process keeps


@lru_cache(ADDRESSES, typed=True)
def address(route: str, *args: Any) -> str:
    """The address of a named route, which depends on nothing else. Raises NoReverseMatch."""
    return reverse(route, args=args)


class Address(URLNode):
    """`{% url %}` without keywords."""

    def render(self, context: Context) -> str:
        try:
            found = address(
                self.view_name.resolve(context), *(each.resolve(context) for each in self.args)
            )
        except NoReverseMatch:
            if self.asvar is None:
                raise
            found = ""
        if self.asvar is None:
            return conditional_escape(found) if context.autoescape else found
        context[self.asvar] = found
        return ""


def url(parser: Parser, token: Token) -> URLNode:
    node: URLNode = django_url(parser, token)
    if node.kwargs:
        return node
    return Address(node.view_name, node.args, node.kwargs, node.asvar)


class Constant(Node):
    """`{% translate %}` of a text that stands in the template: the same wherever it is said."""

    child_nodelists = ()

    def __init__(self, said: TranslateNode) -> None:
        self._said = said
        self._by_language: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        text = self._by_language.get(language)
        if text is None:
            text = self._by_language[language] = self._said.render(context)
        return text


def translate(parser: Parser, token: Token) -> Node:
    node: TranslateNode = do_translate(parser, token)
    varies = node.asvar or node.message_context or not _is_text(node.filter_expression)
    return node if varies else Constant(node)


def _is_text(expression: FilterExpression) -> bool:
    of: Any = expression.var
    return isinstance(of, Variable) and of.lookups is None and not expression.filters


class Cells(Node):
    """`{% cells COLUMNS %}{% cell "name" %}…{% cell "created" %}…{% endcells %}`: a row's cells, in
    the order of COLUMNS, the names of columns.
    """

    def __init__(self, columns: FilterExpression, cells: dict[str, NodeList]) -> None:
        self._columns = columns
        self._cells = cells
        self.nodelist = NodeList(node for cell in cells.values() for node in cell)

    def render(self, context: Context) -> str:
        cells = self._cells
        return "".join([cells[name].render(context) for name in self._columns.resolve(context)])


def cells(parser: Parser, token: Token) -> Cells:
    _tag, columns = token.split_contents()
    found: dict[str, NodeList] = {}
    if parser.parse(["cell"]):
        raise TemplateSyntaxError("Nothing may stand before the first cell.")
    while (token := parser.next_token()).contents != "endcells":
        _tag, name = token.split_contents()
        found[name.strip('"')] = parser.parse(["cell", "endcells"])
    return Cells(parser.compile_filter(columns), found)
