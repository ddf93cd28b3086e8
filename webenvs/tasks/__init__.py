"""What is asked: task sets from files, from public benchmarks and from generated webs."""
