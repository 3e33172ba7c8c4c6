#include "module.h"

#include <memory>

#include "processor.h"
#include "queries.h"

namespace mainstay::segmentation {

app::ServiceModule MakeSegmentationModule(const std::string& prefix) {
  const auto topology = std::make_shared<const stream::Topology>(MakeTopology(prefix));
  app::ServiceModule module;
  module.topology = *topology;
  module.make_processor = [](std::int32_t, std::int32_t) { return std::make_unique<SegmentationProcessor>(); };
  module.make_doors = [topology](const app::System& system) { return MakeSegmentationDoors(system, *topology); };
  return module;
}

}  // namespace mainstay::segmentation
