// Ownership by a consumer group: what is gained and lost, what others can see.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <thread>

#include "cluster_parts.h"
#include "kafka_world.h"
#include "mainstay/stream_kafka/kafka_group.h"

namespace mainstay::stream_kafka {
namespace {

constexpr std::int32_t kShards = 6;

// A member with a thread that polls it, as a process has.
class Member {
 public:
  Member(const KafkaWorld& world, const std::string& name) {
    GroupSettings settings;
    settings.service = "own";
    settings.topics = world.topology().inputs;
    settings.address = name + ".mainstay:7001";
    settings.member = name;
    settings.session_timeout = std::chrono::seconds{6};
    settings.heartbeat_interval = std::chrono::milliseconds{500};
    auto joined = KafkaGroup::Join(world.settings(), settings);
    EXPECT_TRUE(joined.has_value()) << joined.error().message;
    group_ = std::move(*joined);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Member() {
    stopping_ = true;
    thread_.join();
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  [[nodiscard]] KafkaGroup& group() { return *group_; }
  [[nodiscard]] int times_lost(std::int32_t shard) const { return lost_[static_cast<std::size_t>(shard)]; }
  [[nodiscard]] bool was_fenced() const { return fenced_; }

 private:
  void Serve() {
    while (!stopping_) {
      const auto change = group_->Poll(Duration{100});
      if (!change) {
        fenced_ = true;
        return;
      }
      for (const std::int32_t shard : change->lost) ++lost_[static_cast<std::size_t>(shard)];
    }
  }
  std::unique_ptr<KafkaGroup> group_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> fenced_{false};
  std::array<std::atomic<int>, kShards> lost_{};
  std::thread thread_;
};

class GroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MAINSTAY_NEED_BROKER(broker);
    stream::Topology topology;
    topology.service = "own";
    topology.inputs = {"in", "other", "own.internal"};
    topology.internal = 2;
    topology.dead_letter = "own.dead-letter";
    auto world = KafkaWorld::Make(broker, topology, kShards);
    ASSERT_TRUE(world.has_value()) << world.error().message;
    world_ = std::move(*world);
  }
  template <class Condition>
  [[nodiscard]] static bool Eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{40};
    while (std::chrono::steady_clock::now() < deadline) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  std::unique_ptr<KafkaWorld> world_;
};

TEST_F(GroupTest, ASecondMemberTakesHalfAndTheFirstKeepsTheRestWithoutLosingIt) {
  Member first(*world_, "pod-0");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == kShards; }));
  Member second(*world_, "pod-1");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == 3 && second.group().owned().size() == 3; }));
  std::vector<std::int32_t> all = first.group().owned();
  for (const std::int32_t shard : second.group().owned()) all.push_back(shard);
  std::sort(all.begin(), all.end());
  std::vector<std::int32_t> expected(kShards);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected) << "every shard has one owner";
  for (const std::int32_t kept : first.group().owned()) {
    EXPECT_EQ(first.times_lost(kept), 0) << "the group revoked shard " << kept << ", but it was not released";
  }
  for (const std::int32_t given : second.group().owned()) EXPECT_EQ(first.times_lost(given), 1);
}

TEST_F(GroupTest, TheGroupItselfIsTheRoutingTable) {
  Member first(*world_, "pod-0");
  Member second(*world_, "pod-1");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == 3 && second.group().owned().size() == 3; }));
  std::vector<GroupMember> members;
  ASSERT_TRUE(Eventually([&] {
    auto described = DescribeGroup(world_->cluster(), "own", Duration{5'000});
    if (described) members = std::move(*described);
    return members.size() == 2;
  }));
  for (const GroupMember& member : members) {
    EXPECT_EQ(member.address, member.member + ".mainstay:7001");
    Member& other = member.member == "pod-0" ? first : second;
    EXPECT_EQ(member.shards, other.group().owned());
  }
  EXPECT_LT(first.group().SinceHeartbeat(), Duration{3'000});
}

TEST_F(GroupTest, AStaticMemberThatComesBackFindsItsShardsAndMovesNothing) {
  Member first(*world_, "pod-0");
  auto second = std::make_unique<Member>(*world_, "pod-1");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == 3 && second->group().owned().size() == 3; }));
  const std::vector<std::int32_t> before = second->group().owned();
  second.reset();
  second = std::make_unique<Member>(*world_, "pod-1");
  ASSERT_TRUE(Eventually([&] { return second->group().owned().size() == 3; }));
  EXPECT_EQ(second->group().owned(), before);
  for (std::int32_t shard = 0; shard < kShards; ++shard) {
    if (std::find(before.begin(), before.end(), shard) == before.end()) {
      EXPECT_EQ(first.times_lost(shard), 0);
    }
  }
}

TEST_F(GroupTest, AnotherProcessWithTheSameNameEndsTheFirst) {
  Member first(*world_, "pod-0");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == kShards; }));
  Member impostor(*world_, "pod-0");
  EXPECT_TRUE(Eventually([&] { return first.was_fenced(); }));
  EXPECT_TRUE(Eventually([&] { return impostor.group().owned().size() == kShards; }));
  EXPECT_TRUE(first.group().owned().empty());
}

TEST_F(GroupTest, ADeadMembersShardsAreTakenOverAfterItsSession) {
  Member first(*world_, "pod-0");
  auto second = std::make_unique<Member>(*world_, "pod-1");
  ASSERT_TRUE(Eventually([&] { return first.group().owned().size() == 3 && second->group().owned().size() == 3; }));
  second.reset();  // Says nothing, as a killed process.
  EXPECT_TRUE(Eventually([&] { return first.group().owned().size() == kShards; }));
}

TEST_F(GroupTest, MirroredPositionsAreWhereLagToolsLook) {
  Member member(*world_, "pod-0");
  ASSERT_TRUE(Eventually([&] { return member.group().owned().size() == kShards; }));
  const std::string topic = world_->Named("in");
  static_cast<void>(world_->Append(topic, 2, {{0, 1, "k", "v"}, {0, 2, "k", "w"}}));
  const std::vector<ShardPosition> positions = {{topic, 2, 2}, {topic, 99, 5}};  // Not ours: left out.
  member.group().Mirror(positions);
  EXPECT_TRUE(Eventually([&] { return world_->CommittedOffset("own", topic, 2) == 2; }));
}

}  // namespace
}  // namespace mainstay::stream_kafka
