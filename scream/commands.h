/* The program's commands: each takes the arguments after its name and gives the exit code. */
#ifndef SCREAM_COMMANDS_H
#define SCREAM_COMMANDS_H

int receive_main(int argc, const char *const *argv);
int send_main(int argc, const char *const *argv);

#endif
