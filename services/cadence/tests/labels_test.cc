// How many labels a book keeps.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mainstay/stream_sim/task_driver.h"
#include "services/cadence/snapshots.h"

namespace mainstay::cadence {
namespace {

const BookId kBook{"north"};

// Each record is a look that brings so many labels; their x counts on from 0.
class Looks final : public stream::Processor {
 public:
  Result<void> OnRecord(stream::Context& context, const stream::RecordView& record) override {
    std::vector<MaturedRecord> labels(std::stoul(std::string(record.value)));
    for (std::size_t i = 0; i < labels.size(); ++i) {
      labels[i].row.snapshot.repeats.x = matured_ + static_cast<std::int64_t>(i);
      labels[i].row.snapshot.horizon_weeks = 13;
    }
    StoreLabels(context, kBook, matured_, labels);
    matured_ += std::ssize(labels);
    MAINSTAY_TRY(DropOldLabels(context, kBook, matured_));
    MAINSTAY_TRY_ASSIGN(kept, ReadLabels(context, kBook, 0));
    kept_ = std::move(kept);
    return {};
  }
  Result<void> OnTimer(stream::Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(stream::Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

  [[nodiscard]] const std::vector<risk::Matured>& kept() const { return kept_; }

 private:
  std::int64_t matured_ = 0;
  std::vector<risk::Matured> kept_;
};

TEST(Labels, OfABookTheNewestFiftyThousandAreKeptInWholeValues) {
  stream::Topology topology;
  topology.service = "looks";
  topology.inputs = {"in", "looks.internal"};
  topology.internal = 1;
  topology.dead_letter = "looks.dead-letter";
  topology.tables = {kMatured};
  stream_sim::SimBroker broker{1};
  Looks* looks = nullptr;
  const auto factory = [&](std::int32_t, std::int32_t) {
    auto made = std::make_unique<Looks>();
    looks = made.get();
    return made;
  };
  stream_sim::TaskDriver driver(broker, topology, factory, {});
  std::int64_t matured = 0;
  for (const std::int64_t labels : {30'000, 19'990, 10, 1, 12'345}) {
    broker.Append({"in", 0, 0, "k", std::to_string(labels)});
    ASSERT_TRUE(driver.RunUntilIdle().has_value());
    matured += labels;
    const std::vector<risk::Matured>& kept = looks->kept();
    ASSERT_GE(std::ssize(kept), std::min(matured, kKeptLabels));
    EXPECT_LT(std::ssize(kept), kKeptLabels + 1'000) << "after " << matured;
    for (std::int64_t i = 0; i < std::ssize(kept); ++i) {
      ASSERT_EQ(kept[static_cast<std::size_t>(i)].snapshot.repeats.x, matured - std::ssize(kept) + i) << "a gap";
    }
  }
  EXPECT_GT(matured, kKeptLabels);
}

}  // namespace
}  // namespace mainstay::cadence
