#include "module.h"

#include <memory>

#include "processor.h"
#include "queries.h"

namespace mainstay::cadence {

app::ServiceModule MakeCadenceModule(const std::string& prefix) {
  const auto topology = std::make_shared<const stream::Topology>(MakeTopology(prefix));
  app::ServiceModule module;
  module.topology = *topology;
  module.make_processor = [](std::int32_t, std::int32_t) { return std::make_unique<CadenceProcessor>(); };
  module.make_doors = [topology](const app::System& system) { return MakeCadenceDoors(system, *topology); };
  return module;
}

}  // namespace mainstay::cadence
