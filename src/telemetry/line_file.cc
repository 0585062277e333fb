// SPDX-License-Identifier: GPL-2.0-or-later
#include "line_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>

namespace nfsieve {
namespace {

constexpr int slow_reader_wait_ms = 200;

const char* remedy(int error) {
    switch (error) {
    case ENOENT:
        return "; make its directory first";
    case EACCES:
    case EPERM:
    case EROFS:
        return "; let the daemon's user write there, or name another place under events.file";
    case ENXIO:
        return "; start the program that reads this pipe first";
    case ENOSPC:
    case EDQUOT:
        return "; make room on that file system";
    case EISDIR:
        return "; name a file under events.file";
    default:
        return "";
    }
}

Error file_error(const char* what, const std::filesystem::path& path, int error) {
    return Error{std::string("events: cannot ") + what + " " + path.string() + ": " + std::strerror(error) +
                 remedy(error)};
}

} // namespace

Result<UniqueFd> LineFile::open_descriptor(const std::filesystem::path& path) {
    if (path == "-") {
        UniqueFd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
        if (!copy)
            return file_error("open", path, errno);
        return copy;
    }
    // O_NONBLOCK: a pipe without a reader is an error, not a daemon that hangs at start.
    UniqueFd fd(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
    if (!fd)
        return file_error("open", path, errno);
    return fd;
}

Result<LineFile> LineFile::open(std::filesystem::path path) {
    auto fd = open_descriptor(path);
    if (!fd)
        return fd.error();
    return LineFile(std::move(path), *std::move(fd));
}

Result<void> LineFile::reopen() {
    if (path_ == "-")
        return {};
    auto fd = open_descriptor(path_);
    if (!fd)
        return fd.error();
    fd_ = *std::move(fd);
    torn_ = false;
    return {};
}

Result<void> LineFile::write(const std::string& lines, const std::function<bool()>& give_up) {
    const std::string repaired = torn_ ? "\n" + lines : std::string();
    const std::string& text = torn_ ? repaired : lines;
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t count = ::write(fd_.get(), text.data() + written, text.size() - written);
        const int error = errno;
        if (count >= 0) {
            written += static_cast<std::size_t>(count);
            continue;
        }
        if (error == EINTR)
            continue;
        if (error == EAGAIN && !give_up()) {
            pollfd slow{fd_.get(), POLLOUT, 0};
            (void)::poll(&slow, 1, slow_reader_wait_ms);
            continue;
        }
        if (written != 0)
            torn_ = text[written - 1] != '\n';
        return file_error("write to", path_, error);
    }
    torn_ = false;
    return {};
}

} // namespace nfsieve
