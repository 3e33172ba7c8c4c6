#include <algorithm>
#include <array>
#include <string>

#include "admin_request.h"
#include "cluster_parts.h"
#include "mainstay/stream_kafka/kafka_group.h"

namespace mainstay::stream_kafka {
namespace {

std::string TextOf(const char* text) { return text == nullptr ? std::string() : std::string(text); }

GroupMember MemberOf(const rd_kafka_MemberDescription_t* description) {
  GroupMember member;
  member.address = TextOf(rd_kafka_MemberDescription_client_id(description));
  member.member = TextOf(rd_kafka_MemberDescription_group_instance_id(description));
  member.host = TextOf(rd_kafka_MemberDescription_host(description));
  const auto* assignment = rd_kafka_MemberDescription_assignment(description);
  const auto* partitions = assignment == nullptr ? nullptr : rd_kafka_MemberAssignment_partitions(assignment);
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i) {
    member.shards.push_back(partitions->elems[i].partition);
  }
  std::sort(member.shards.begin(), member.shards.end());
  member.shards.erase(std::unique(member.shards.begin(), member.shards.end()), member.shards.end());
  return member;
}

}  // namespace

Result<std::vector<GroupMember>> DescribeGroup(const KafkaCluster& cluster, const std::string& service,
                                               Duration timeout) {
  rd_kafka_t* client = cluster.parts().offsets.get();
  const std::string id = GroupId(cluster.settings().installation, service);
  const std::string doing = "describe the group " + id;
  AdminRequest request(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeout);
  std::array<const char*, 1> groups = {id.c_str()};
  rd_kafka_DescribeConsumerGroups(client, groups.data(), groups.size(), request.options(), request.queue());
  MAINSTAY_TRY_ASSIGN(event, request.Wait(doing));
  std::size_t count = 0;
  const auto* described =
      rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count);
  if (count != 1) return Fail(ErrorCode::kUnavailable, doing + ": no answer");
  const rd_kafka_ConsumerGroupDescription_t* group = described[0];
  if (const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(group); error != nullptr) {
    return tl::unexpected(ToError(error, doing));
  }
  const auto state = rd_kafka_ConsumerGroupDescription_state(group);
  if (state == RD_KAFKA_CONSUMER_GROUP_STATE_PREPARING_REBALANCE ||
      state == RD_KAFKA_CONSUMER_GROUP_STATE_COMPLETING_REBALANCE) {
    return Fail(ErrorCode::kUnavailable, "the group " + id + " is changing its owners; try again");
  }
  std::vector<GroupMember> members;
  for (std::size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); ++i) {
    members.push_back(MemberOf(rd_kafka_ConsumerGroupDescription_member(group, i)));
  }
  return members;
}

}  // namespace mainstay::stream_kafka
