// Every waiter of the model, on what is there; and one on what is not.
import {
  IAMClient,
  waitUntilInstanceProfileExists,
  waitUntilPolicyExists,
  waitUntilRoleExists,
  waitUntilUserExists,
} from "@aws-sdk/client-iam";

const [, , PolicyArn] = process.argv;
const client = new IAMClient();
const once = { client, maxWaitTime: 2, minDelay: 1, maxDelay: 1 };
const state = async (wait, input) => {
  try {
    return (await wait(once, input)).state;
  } catch (error) {
    return error.name;
  }
};
console.log(
  JSON.stringify({
    user: await state(waitUntilUserExists, { UserName: "bob" }),
    role: await state(waitUntilRoleExists, { RoleName: "Deployer" }),
    policy: await state(waitUntilPolicyExists, { PolicyArn }),
    profile: await state(waitUntilInstanceProfileExists, { InstanceProfileName: "machine" }),
    nobody: await state(waitUntilUserExists, { UserName: "nobody" }),
  }),
);
