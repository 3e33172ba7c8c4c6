// The segmentation processor under the real shard loop, one partition, whose transactions fail at random: one in six.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "mainstay/base/random.h"
#include "mainstay/stream_sim/task_driver.h"
#include "mainstay/wire/in_event.h"
#include "services/segmentation/processor.h"

namespace mainstay::segmentation {

class FaultySystem {
 public:
  explicit FaultySystem(Random& random)
      : topology_(MakeTopology("mainstay")), driver_(broker_, topology_, Factory(), Options(random)) {}

  // Until nothing is left to do.
  void Take(const InEvent& event, Instant ingest) {
    broker_.Append({topology_.inputs[0], 0, ToMs(ingest), event.book.raw(), wire::EncodeInEvent(event)});
    ASSERT_TRUE(driver_.RunUntilIdle().has_value());
  }
  [[nodiscard]] std::size_t dead_letters() { return broker_.All(topology_.dead_letter, 0).size(); }
  [[nodiscard]] stream_sim::TaskDriver& driver() { return driver_; }

 private:
  static stream::ProcessorFactory Factory() {
    return [](std::int32_t, std::int32_t) { return std::make_unique<SegmentationProcessor>(); };
  }
  static stream_sim::DriverOptions Options(Random& random) {
    stream_sim::DriverOptions options;
    options.fault = [&random](std::int32_t) {
      const auto fault = Below(random, 6) == 0 ? Below(random, stream_sim::kCommitFaults) : 0;
      return static_cast<stream_sim::CommitFault>(fault);
    };
    return options;
  }

  stream_sim::SimBroker broker_{1};
  stream::Topology topology_;
  stream_sim::TaskDriver driver_;
};

// The order `number` of one line.
inline InEvent Bought(const BookId& book, int number, const std::string& client, const std::string& product,
                      std::int64_t units, Instant at) {
  OrderLine line;
  line.product = ProductId{product};
  line.amount = Money::FromUnits(units);
  const std::string id = std::to_string(number);
  const OrderPlaced order{OrderId{"o" + id}, Currency{"GBP"}, {line}, std::nullopt, std::nullopt};
  return {EventId{"e" + id}, "test", at, book, ClientId{client}, order};
}

}  // namespace mainstay::segmentation
