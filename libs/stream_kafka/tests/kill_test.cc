// Real processes, killed and frozen: the log counts every record once, and the state is that of an undisturbed run.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"
#include "shard_fixture.h"

namespace mainstay::stream_kafka {
namespace {

constexpr int kRecords = 3'000;

class KillTest : public ShardTest {
 protected:
  [[nodiscard]] pid_t Start(int store_number) {
    const std::string brokers = broker_->address();
    const std::string until = std::to_string(kRecords);
    const std::string store = world_->StorePath(store_number).string();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::execl(MAINSTAY_KAFKA_CHILD, MAINSTAY_KAFKA_CHILD, brokers.c_str(), world_->prefix().c_str(), store.c_str(),
            until.c_str(), nullptr);
    ::_exit(127);
  }
  // Its exit code; -1 when it was killed.
  static int Wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::int64_t Committed() {
    const auto range = world_->cluster().Offsets(world_->Named("out"), 0, Duration{20'000});
    EXPECT_TRUE(range.has_value());
    return range ? range->end : INT64_MAX;
  }
  // The state an undisturbed run leaves, from the same input on topics of its own.
  [[nodiscard]] State Undisturbed() {
    auto other = KafkaWorld::Make(*broker_, CountingTopology(""));
    EXPECT_TRUE(other.has_value());
    std::swap(world_, *other);
    Feed(0, kRecords);
    State state;
    {
      Owner owner = Own(0);
      Drain(owner, kRecords);
      state = StateOf(*owner.store);
    }
    std::swap(world_, *other);
    return state;
  }
  // Everything about the input came out once and in order, and a fresh owner has the state of an undisturbed run.
  void ExpectExactlyOnce(int store_number) {
    EXPECT_EQ(Values("out"), Expected(0, kRecords));
    EXPECT_EQ(Values("fired"), Expected(0, kRecords - 60)) << "each a minute of stream time later, in order";
    Owner owner = Own(store_number);
    ASSERT_TRUE(owner.loop->Step(wall_).has_value());
    EXPECT_EQ(StateOf(*owner.store), Undisturbed());
  }
};

TEST_F(KillTest, AProcessThatIsKilledAtRandomMomentsCountsEveryRecordOnce) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  Feed(0, kRecords);
  int killed_at_work = 0;
  for (int kill = 0; kill < 8; ++kill) {
    const std::int64_t before = Committed();
    const pid_t child = Start(0);
    // It has begun to write: then any moment of a transaction may be the last.
    ASSERT_TRUE(Eventually([&] { return Committed() > before || ::waitpid(child, nullptr, WNOHANG) == child; }));
    std::this_thread::sleep_for(std::chrono::microseconds{Below(random, 60'000)});  // The moment, drawn by the seed.
    ::kill(child, SIGKILL);
    killed_at_work += Wait(child) == -1 ? 1 : 0;
    if (kill % 3 == 2) std::filesystem::remove_all(world_->StorePath(0));
  }
  EXPECT_GT(killed_at_work, 2) << "vacuous: it was done before it was killed";
  ASSERT_EQ(Wait(Start(0)), 0);
  ExpectExactlyOnce(0);
}

TEST_F(KillTest, AFrozenProcessThatWakesUpIsFencedAndDoublesNothing) {
  Feed(0, kRecords);
  const pid_t frozen = Start(0);
  ASSERT_TRUE(Eventually([&] { return Committed() > 100; }));
  ::kill(frozen, SIGSTOP);
  ASSERT_LT(Committed(), kRecords) << "vacuous: it was done before it was frozen";
  ASSERT_EQ(Wait(Start(1)), 0);
  ::kill(frozen, SIGCONT);
  EXPECT_EQ(Wait(frozen), 3) << "it was told that another owner came";
  ExpectExactlyOnce(1);
}

}  // namespace
}  // namespace mainstay::stream_kafka
