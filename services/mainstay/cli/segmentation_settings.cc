#include "segmentation_settings.h"

#include <fstream>
#include <nlohmann/json.hpp>

namespace mainstay::cli {

Result<std::map<std::string, double>> ParseSettings(const std::vector<std::string>& settings) {
  std::map<std::string, double> values;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const auto number = nlohmann::json::parse(setting.substr(equals == std::string::npos ? setting.size() : equals + 1),
                                              nullptr, false);
    if (equals == std::string::npos || !number.is_number()) {
      return Fail(ErrorCode::kInvalidArgument, "--set takes name=number, not '" + setting + "'");
    }
    values[setting.substr(0, equals)] = number.get<double>();
  }
  return values;
}

Result<void> WriteWholeFile(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) return Fail(ErrorCode::kUnavailable, "cannot write " + file);
  return {};
}

}  // namespace mainstay::cli
