// Publishes a prepared import through the public door and reports what became of every row.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "prepared_import.h"

namespace mainstay::import {

struct ImportReport {
  std::uint64_t rows = 0;
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t skipped_no_client = 0;
  std::vector<RowError> errors;  // By file, line, column.
};

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// REQUIRES: `prepared` is sorted. Waits until everything is processed and durable.
[[nodiscard]] Result<ImportReport> PublishImport(PreparedImport prepared, const std::shared_ptr<grpc::Channel>& channel,
                                                 const Progress& progress);
// The report of a dry run: what would be published counts as accepted.
[[nodiscard]] ImportReport DryRunReport(PreparedImport prepared);

}  // namespace mainstay::import
