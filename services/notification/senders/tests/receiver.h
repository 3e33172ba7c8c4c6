// A webhook receiver on an ephemeral loopback port that behaves as its request's path says. For tests.
//
//   /ok /status/NNN[/...]  answers            /redirect  302 to /trap         /retry-after  429, Retry-After: 7
//   /hold     answers after Release()         /stall     never answers        /head-then-stall  200, then nothing more
//   /short    200, fewer bytes than promised  /endless   200, body without end
//   /headers  header block without end        /garbage   not HTTP             /close  closes at once
// With `reads` false it accepts connections and never reads from them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mainstay::webhook_sender::testing {

struct SeenRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // Lower-case names.
  std::string body;
};

class Receiver {
 public:
  explicit Receiver(bool reads = true);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string Url(const std::string& path) const;
  [[nodiscard]] std::vector<SeenRequest> Seen();
  [[nodiscard]] std::size_t Connections();
  // Until `count` requests were read; false after 30 s.
  [[nodiscard]] bool WaitForRequests(std::size_t count);
  // Lets /hold answer, now and from now on.
  void Release();

 private:
  void AcceptLoop();
  void Serve(int fd);
  // False: the connection is over.
  bool ServeOne(int fd, std::string& buffer);
  bool Answer(int fd, const std::string& path);
  void WaitForRelease();

  const bool reads_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SeenRequest> seen_;
  std::vector<int> fds_;
  std::vector<std::thread> threads_;
  bool released_ = false;
  bool stopping_ = false;
  std::thread acceptor_;
};

}  // namespace mainstay::webhook_sender::testing
