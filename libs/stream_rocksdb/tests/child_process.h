// A second process of embedded_child, talked to by lines.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace mainstay::stream_rocksdb {

class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& arguments);
  ~ChildProcess();  // Kills what still runs.
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] std::optional<std::string> ReadLine();  // nullopt at the end of its output.
  void Kill();                                          // kill -9, and waits until it is gone.
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  bool running_ = false;
  std::string rest_;
};

}  // namespace mainstay::stream_rocksdb
