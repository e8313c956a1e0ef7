// Errors have the model's names, so that one may catch them by their class.
import {
  CreateUserCommand,
  DeleteUserCommand,
  EntityAlreadyExistsException,
  GetUserCommand,
  IAMClient,
  ListUsersCommand,
  NoSuchEntityException,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";

const iam = new IAMClient();
const stranger = new IAMClient({
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x".repeat(40) },
});
const caught = async (client, command) => {
  try {
    await client.send(command);
    return null;
  } catch (error) {
    return error;
  }
};
const missing = await caught(iam, new GetUserCommand({ UserName: "nobody" }));
const taken = await caught(iam, new CreateUserCommand({ UserName: "BOB" }));
const others = {
  conflict: await caught(iam, new DeleteUserCommand({ UserName: "bob" })),
  malformed: await caught(iam, new PutUserPolicyCommand({ UserName: "bob", PolicyName: "p", PolicyDocument: "{" })),
  invalid: await caught(iam, new GetUserCommand({ UserName: "b b" })),
  unknown: await caught(stranger, new ListUsersCommand()),
};
console.log(
  JSON.stringify({
    missing: missing instanceof NoSuchEntityException && missing.message,
    taken: taken instanceof EntityAlreadyExistsException && taken.message,
    attempts: missing.$metadata.attempts,
    ...Object.fromEntries(
      Object.entries(others).map(([what, error]) => [what, [error.name, error.$metadata.httpStatusCode]]),
    ),
  }),
);
