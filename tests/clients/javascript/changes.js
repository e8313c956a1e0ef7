// Makes, reads, changes and deletes; says what it saw.
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
  TagUserCommand,
  UpdateUserCommand,
} from "@aws-sdk/client-iam";

const [, , trust] = process.argv;
const iam = new IAMClient();
const call = (Command, input = {}) => iam.send(new Command(input));
const document = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:Get*", Resource: "arn:aws:s3:::b/${aws:username}/é +*" }],
});

const made = await call(CreateUserCommand, {
  UserName: "dora",
  Path: "/data/",
  Tags: [{ Key: "name", Value: "é +/=@" }],
});
await call(TagUserCommand, { UserName: "dora", Tags: [{ Key: "team", Value: "" }] });
await call(UpdateUserCommand, { UserName: "dora", NewUserName: "Dora.2", NewPath: "/" });
const { User: user } = await call(GetUserCommand, { UserName: "Dora.2" });
const { Policy: policy } = await call(CreatePolicyCommand, { PolicyName: "read", PolicyDocument: document });
const { PolicyVersion: version } = await call(GetPolicyVersionCommand, {
  PolicyArn: policy.Arn,
  VersionId: policy.DefaultVersionId,
});
await call(CreateRoleCommand, { RoleName: "worker", AssumeRolePolicyDocument: trust });
const { Role: role } = await call(GetRoleCommand, { RoleName: "worker" });
await call(DeleteRoleCommand, { RoleName: "worker" });
await call(DeletePolicyCommand, { PolicyArn: policy.Arn });
await call(DeleteUserCommand, { UserName: "Dora.2" });

console.log(
  JSON.stringify({
    sameId: made.User.UserId === user.UserId,
    arn: user.Arn,
    created: user.CreateDate instanceof Date,
    tags: user.Tags,
    document: decodeURIComponent(version.Document) === document,
    trust: decodeURIComponent(role.AssumeRolePolicyDocument) === trust,
    requestId: made.$metadata.requestId,
  }),
);
