// Credentials of roles: assumed in code, one from another, and by a profile.
import { fromIni, fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [, , RoleArn, next] = process.argv;
const who = async (credentials) => {
  const answer = await new STSClient({ credentials }).send(new GetCallerIdentityCommand());
  return answer.Arn;
};
const worker = fromTemporaryCredentials({ params: { RoleArn, RoleSessionName: "code", DurationSeconds: 900 } });
const chained = fromTemporaryCredentials({
  masterCredentials: worker,
  params: { RoleArn: next, RoleSessionName: "chained" },
});
let refused;
try {
  await who(fromTemporaryCredentials({ params: { RoleArn: `${RoleArn}-not`, RoleSessionName: "code" } }));
} catch (error) {
  refused = error.name;
}
console.log(
  JSON.stringify({
    worker: await who(worker),
    chained: await who(chained),
    profile: await who(fromIni({ profile: "worker" })),
    refused,
  }),
);
