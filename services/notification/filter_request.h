// A filter as a caller writes it, checked. Any thread.
#pragma once

#include "mainstay/base/result.h"
#include "mainstay/notification/filter.h"
#include "mainstay/query/v1/notification.pb.h"

namespace mainstay::notification {

// Errors: kInvalidArgument, field like "filter.types[0]".
[[nodiscard]] inline Result<Filter> ParseFilter(const query::v1::Filter& filter) {
  const auto texts = [](const auto& list) { return std::vector<std::string>(list.begin(), list.end()); };
  Result<Filter> parsed = Filter::Parse({texts(filter.types()),
                                         texts(filter.books()),
                                         texts(filter.tiers()),
                                         texts(filter.levels()),
                                         texts(filter.owners()),
                                         {}});
  if (!parsed) parsed.error().field.insert(0, "filter.");
  return parsed;
}

}  // namespace mainstay::notification
