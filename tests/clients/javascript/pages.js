// Goes through lists by their paginators, two at a time.
import {
  IAMClient,
  paginateGetAccountAuthorizationDetails,
  paginateListGroupsForUser,
  paginateListUsers,
} from "@aws-sdk/client-iam";

const client = new IAMClient();
const users = [];
const sizes = [];
for await (const page of paginateListUsers({ client, pageSize: 2 }, {})) {
  users.push(...page.Users.map((user) => user.UserName));
  sizes.push(page.Users.length);
}
const groups = [];
for await (const page of paginateListGroupsForUser({ client, pageSize: 2 }, { UserName: "bob" })) {
  groups.push(...page.Groups.map((group) => group.GroupName));
}
const details = [];
for await (const page of paginateGetAccountAuthorizationDetails({ client, pageSize: 2 }, { Filter: ["User"] })) {
  details.push(...page.UserDetailList.map((user) => user.UserName));
}
console.log(JSON.stringify({ users, sizes, groups, details }));
