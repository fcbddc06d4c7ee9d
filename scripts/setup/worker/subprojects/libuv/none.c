/* An empty static library needs one object file. ISO C wants one declaration in it. */
typedef int sluice_none;
