"""Writing in the editor of policy documents."""

from playwright.sync_api import Page, expect

PASTE = """(editor, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const options = {clipboardData, bubbles: true, cancelable: true};
    editor.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def write(page: Page, document: str) -> None:
    """Pastes `document` over what the page's editor holds."""
    editor = page.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    editor.evaluate(PASTE, document)
    expect(page.locator("textarea[data-editor]")).to_have_value(document)


def written(page: Page) -> str:
    """What the page's editor holds."""
    return page.locator("textarea[data-editor]").input_value()
