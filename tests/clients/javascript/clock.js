// On a machine whose clock is two hours slow, the answer to the first request corrects the SDK.
const late = 2 * 3600 * 1000;
const RightDate = Date;
globalThis.Date = class Date extends RightDate {
  constructor(...given) {
    super(...(given.length ? given : [Date.now()]));
  }

  static now() {
    return RightDate.now() - late;
  }
};
const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
const { GetUserCommand, IAMClient } = await import("@aws-sdk/client-iam");

const sts = new STSClient();
const iam = new IAMClient();
const { Arn: arn, $metadata: first } = await sts.send(new GetCallerIdentityCommand());
const { $metadata: second } = await sts.send(new GetCallerIdentityCommand());
const { User: user, $metadata: third } = await iam.send(new GetUserCommand());
console.log(
  JSON.stringify({
    arn,
    user: user.Arn,
    attempts: [first.attempts, second.attempts, third.attempts],
    corrected: Math.abs(sts.config.systemClockOffset - late) < 60000,
  }),
);
