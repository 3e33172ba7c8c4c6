// A real Apache Kafka for tests: one broker on loopback, on free ports, in a temporary directory.
//
// A test binary starts one and shares it; each test uses an installation prefix of its own. Where java, Maven or the
// jars cannot be had, tests are SKIPPED with the reason, never passed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/testing/temporary_directory.h"

namespace mainstay::broker {

struct BrokerOptions {
  std::string version;                // Empty: KAFKA_VERSION from the environment, else deploy/kafka's default.
  std::vector<std::string> settings;  // Further lines of server.properties.
};

// Not thread-safe.
class Broker {
 public:
  // Ready when it returns. kNotFound: java, Maven or the jars cannot be had (skip). kUnavailable: it did not start.
  [[nodiscard]] static Result<std::unique_ptr<Broker>> Start(const BrokerOptions& options = {});
  ~Broker();  // Stops the process this object started. It also dies with the test.
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }  // "127.0.0.1:port"
  [[nodiscard]] Result<void> StopBroker();                               // SIGTERM, waits; nothing is lost.
  void Kill();                                                           // SIGKILL.
  [[nodiscard]] Result<void> StartAgain();  // Same ports, same data. After StopBroker or Kill.
  void Freeze();                            // SIGSTOP: requests time out.
  void Thaw();
  [[nodiscard]] std::string LogTail() const;

 private:
  explicit Broker(std::unique_ptr<testing::TemporaryDirectory> directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<void> Prepare(const BrokerOptions& options);
  [[nodiscard]] Result<void> Run();
  void Reap();

  std::unique_ptr<testing::TemporaryDirectory> directory_;
  std::string version_;
  std::string ports_;
  std::string address_;
  pid_t process_ = -1;
};

// The broker of this test binary, started at the first call and stopped at exit; null with the reason when it cannot
// be had.
[[nodiscard]] Broker* SharedBroker(std::string* reason);

// A prefix no other test of this run uses, for topics and ids.
[[nodiscard]] std::string FreshPrefix();

}  // namespace mainstay::broker

// In a test or SetUp: `broker` is a Broker&, or the test is skipped (no Kafka) or failed (it would not start).
#define MAINSTAY_NEED_BROKER(name)                                                               \
  std::string name##_reason;                                                                     \
  ::mainstay::broker::Broker* name##_pointer = ::mainstay::broker::SharedBroker(&name##_reason); \
  if (name##_pointer == nullptr) GTEST_SKIP() << name##_reason;                                  \
  ::mainstay::broker::Broker& name = *name##_pointer
