// The embedded system of one scenario: a fresh directory on the data clock, asked through the in-process channel as
// the command line asks it.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/testing/temporary_directory.h"
#include "scenario_text.h"
#include "services/mainstay/cli/embedded_process.h"

namespace mainstay::scenarios {

struct EventLine {
  int line = 0;      // In the scenario.
  std::string json;  // CloudEvents.
};

class World {
 public:
  [[nodiscard]] static Result<std::unique_ptr<World>> Start();

  // Publishes as an import does: sorted by time, then the clock is brought to the newest event. The report is the
  // answer of Ask("import"); a refused event is not an error.
  [[nodiscard]] Result<void> Give(const std::vector<EventLine>& events);
  [[nodiscard]] Result<void> AdvanceTo(const std::string& until);
  // Stops the system and starts it again on the same directory.
  [[nodiscard]] Result<void> Restart();
  // The only open item of `rep` for `client`.
  [[nodiscard]] Result<void> Act(const std::string& book, const std::map<std::string, std::string>& settings,
                                 const std::string& action);

  // The answer to `words` (README.md lists the questions) as JSON; a refused question is {"error":{field,message}}.
  // An Error: there is no such question.
  [[nodiscard]] Result<nlohmann::ordered_json> Ask(const std::string& book, const Step& step);

 private:
  World() = default;
  [[nodiscard]] Result<void> Open();
  [[nodiscard]] nlohmann::ordered_json Events(const std::string& book, const Step& step);

  testing::TemporaryDirectory directory_;
  std::unique_ptr<cli::EmbeddedProcess> process_;
  nlohmann::ordered_json import_;
};

}  // namespace mainstay::scenarios
