"""An application from its registration to a token for its program, and a resource's policy."""

from playwright.sync_api import Page, expect

from tests.browser.acting import act, confirm, heading, row, says, send, tab
from tests.cast import Account, trust


def test_a_service_gets_a_key_and_its_program_a_token(root: Page, initech: Account) -> None:
    root.goto("services/")
    form = act(root, "Register service")
    form.get_by_label("Prefix").fill("ledger")
    form.get_by_label("Name", exact=True).fill("General ledger")
    form.get_by_label("Principal").fill("ledger.example.com")
    send(form, "Register service")
    says(root, "The service ledger is registered.")
    expect(row(root, "ledger:PostEntry")).to_contain_text("Write")

    tab(root, "Access keys")
    send(act(root, "Create access key"), "Create key")
    dialog = root.get_by_role("dialog")
    expect(dialog).to_contain_text("Copy the secret now")
    dialog.get_by_role("button", name="I have copied it").click()
    send(act(root, "Rotate"), "Rotate key")
    expect(dialog).to_contain_text("Copy the secret now")
    dialog.get_by_role("button", name="I have copied it").click()
    expect(row(root, "ends")).to_have_count(1)

    initech.role("Poster", trust({"Service": "ledger.example.com"}))
    tab(root, "Workloads")
    form = act(root, "Register workload")
    form.get_by_label("Name").fill("poster")
    form.get_by_label("Role").select_option("Poster")
    send(form, "Register workload")
    heading(root, "poster")
    form = act(root, "Create token")
    form.get_by_label("90 days").check()
    send(form, "Create token")
    expect(dialog).to_contain_text("iwt_")
    dialog.get_by_role("button", name="I have copied it").click()
    expect(root.get_by_text("iwt_")).to_have_count(0)
    expect(row(root, "in 3 months")).to_have_count(1)


def test_a_resource_says_who_outside_can_reach_it(root: Page, initech: Account) -> None:
    arn = f"arn:aws:s3:::reports-{initech.id}"
    root.goto("resources/")
    form = act(root, "Register resource")
    form.get_by_label("ARN").fill(arn)
    send(form, "Register resource")
    heading(root, f"reports-{initech.id}")
    expect(root.get_by_role("heading", name="Nobody from outside")).to_be_visible()
    form = act(root, "Add policy")
    expect(form).to_contain_text("Can be saved")
    send(form, "Save policy")
    says(root, "The resource policy is saved.")
    expect(root.get_by_text("Nobody: the policy names principals")).to_be_visible()
    confirm(act(root, "Deregister"), arn, "Deregister resource")
    says(root, "The resource was deregistered.")
