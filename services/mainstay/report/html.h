// Pieces of the self-contained report page: escaping, and the Pareto chart as SVG. Pure.
#pragma once

#include <string>
#include <string_view>

#include "mainstay/query/v1/segmentation.pb.h"

namespace mainstay::report {

// For text and for attribute values in double quotes.
[[nodiscard]] std::string Escaped(std::string_view text);

// The curve of cumulative share by rank with the 80 % line, as one <svg> element with a title and a description for
// screen readers. `standalone`: a file of its own, with its own colours for light and dark.
[[nodiscard]] std::string ParetoSvg(const query::v1::GetParetoResponse& pareto, bool standalone);

// The whole page: no network, no script but the one inside that sorts tables.
struct ReportData {
  query::v1::GetParetoResponse pareto;
  query::v1::ListClientsResponse clients;
  query::v1::GetReviewResponse review;
  query::v1::GetWhitespaceResponse whitespace;
  query::v1::GetHealthResponse health;
  query::v1::GetPersonasResponse personas;
};
[[nodiscard]] std::string ReportPage(const ReportData& data);

}  // namespace mainstay::report
